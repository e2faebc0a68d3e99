// Copies of the files that code systems lie in: none is ever changed, but each may be replaced at any moment. https://hl7.org/fhir/R4/codesystem.html
import { constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { chmod, copyFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface SystemsCopy {
  /** Copies all that is there: what the records name when they are copied may be gone when they have been. */
  gather(): Promise<void>
  /** Keeps the files of these names, under `folder`. Throws Error where one could not be had. */
  settle(named: ReadonlySet<string>, folder: string): Promise<void>
  discard(): void
}

/** Returns the copy of the folder `from`, made in the new folder `partial`. */
export function openSystemsCopy(from: string, partial: string): SystemsCopy {
  const take = async (name: string): Promise<void> => {
    if (existsSync(join(partial, name)) || !existsSync(join(from, name))) return
    mkdirSync(partial, { recursive: true, mode: 0o700 })
    const target = join(partial, name)
    try {
      await copyFile(join(from, name), target, constants.COPYFILE_FICLONE)
      await chmod(target, 0o600)
    } catch (error) {
      rmSync(target, { force: true })
      if ((error as { code?: string }).code !== 'ENOENT') throw error
    }
  }
  return {
    async gather() {
      if (existsSync(from)) for (const name of readdirSync(from)) if (name.endsWith('.db')) await take(name)
    },
    async settle(named, folder) {
      for (const name of named) {
        await take(name)
        if (!existsSync(join(partial, name)))
          throw new Error('A code system was replaced while it was being copied: make the backup again')
      }
      if (!existsSync(partial)) return
      for (const name of readdirSync(partial)) if (!named.has(name)) rmSync(join(partial, name))
      if (named.size > 0) renameSync(partial, folder)
      else rmSync(partial, { recursive: true })
    },
    discard: () => rmSync(partial, { recursive: true, force: true }),
  }
}
