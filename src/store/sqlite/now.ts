// The instant at which a statement is run, as a value that is filled in then.

/** Stands among the values for the instant (ms) at which a statement is run: what is compiled can be kept. */
export const NOW = Number.MIN_VALUE
