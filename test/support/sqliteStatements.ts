/** Every statement that SQLite executes in this process, before and after it does. */
import { createRequire } from "node:module"

interface Statement {
  run: (...given: ReadonlyArray<unknown>) => unknown
  all: (...given: ReadonlyArray<unknown>) => unknown
}

interface Watch {
  readonly before?: (sql: string) => void
  readonly after?: (sql: string) => void
}

/** What the client of Effect stands on. Its statements are synchronous, and so is watching them. */
const driver = "better-sqlite3"

export const watchStatements = ({ after, before }: Watch): void => {
  const require = createRequire(createRequire(import.meta.url).resolve("@effect/sql-sqlite-node/SqliteClient"))
  const { prototype }: { readonly prototype: { prepare: (sql: string) => Statement } } = require(driver)
  const { prepare } = prototype
  prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql)
    for (const method of ["run", "all"] as const) {
      const execute = statement[method].bind(statement)
      statement[method] = (...given) => {
        before?.(sql)
        const result = execute(...given)
        after?.(sql)
        return result
      }
    }
    return statement
  }
}
