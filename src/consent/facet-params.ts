// What a consent can speak about, as index parameters of a resource. A store keeps them in a narrow row of their own.

/** Rank of the confidentiality, 0 U … 5 V; no entry: not labelled yet. */
export const CONFIDENTIALITY_PARAM = '_confidentiality'
/** v3-ActCode sensitivity codes. */
export const SENSITIVITY_PARAM = '_sensitivity'
/** `UNINFORMED`, `UNDELIVERED`. */
export const FLAG_PARAM = '_flag'
/** Types of contained resources, entries and sections. */
export const HOLDS_PARAM = '_holds'
/** Token keys of the primary code element, and of all other codings. */
export const PRIMARY_PARAM = '_primary'
export const CODING_PARAM = '_coding'
/** When the care took place: `lo` the first, `hi` the last millisecond. */
export const CLINICAL_PARAM = '_clinical'
export const AUTHOR_PARAM = '_author'
/** The organisation or person it came from. */
export const SOURCE_PARAM = '_custodian'
/** What it refers to, `Type/id`. */
export const REF_PARAM = '_ref'

export const UNINFORMED = 'UNINFORMED'
export const UNDELIVERED = 'UNDELIVERED'
/** In the record of more than one person. */
export const SEVERAL = 'SEVERAL'
/** Of a Consent: everybody whom it names as an actor, at any depth. */
export const GRANTEE_PARAM = '_grantee'
/** Profiles that it says it is of. */
export const CLASS_PARAM = '_class'
/** There are resources without which it cannot be shown. */
export const NEEDING = 'NEEDING'
