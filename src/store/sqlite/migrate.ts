// Brings a store's schema up to date when it is opened. https://www.sqlite.org/pragma.html#pragma_user_version
import type { Connection } from './connection.ts'
import { MIGRATIONS } from './schema.ts'

function schemaOf(connection: Connection): number {
  return connection.get('PRAGMA user_version', [])![0] as number
}

/**
 * Applies the migrations that the store has not had, in one transaction: all of them or none. Throws Error where a newer
 * version has written the store; nothing is changed then.
 */
export function migrate(connection: Connection, migrations: readonly string[] = MIGRATIONS): void {
  if (schemaOf(connection) === migrations.length) return
  connection.exec('BEGIN IMMEDIATE')
  try {
    // Read again: another process may have migrated while this one waited for the lock.
    const schema = schemaOf(connection)
    if (schema > migrations.length)
      throw new Error(
        `The store has schema ${schema}, made by a newer version of this program; this one knows ${migrations.length}. ` +
          'Start the newer version, or open a backup made before it.',
      )
    for (const sql of migrations.slice(schema)) connection.exec(sql)
    connection.exec(`PRAGMA user_version = ${migrations.length}`)
    connection.exec('COMMIT')
  } catch (error) {
    if (connection.inTransaction()) connection.exec('ROLLBACK')
    throw error
  }
}
