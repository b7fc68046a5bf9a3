/**
 * The exclusive use of a SQLite file by one process. The lock is one of SQLite on a file of its own next to the
 * database, so the operating system releases it when the process ends, however it ends, and others can still read the
 * database.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { DatabaseInUse, EngineFailed } from "./failures.js"

const operation = "Engine.layerSingleProcess"

const failed = (error: SqlError): EngineFailed =>
  new EngineFailed({
    operation,
    cause: error,
    message: `${operation}: the database cannot be locked: ${reasonOf(error)}`
  })

const reasonOf = ({ cause, message }: SqlError): string => (cause instanceof Error ? cause.message : message)

const isTaken = (error: SqlError): boolean => /database is locked|SQLITE_BUSY/i.test(reasonOf(error))

/** Takes the lock of the file that the client has open, for as long as the scope lives. */
export const exclusiveFile = (
  waitFor: Duration.Duration
): Effect.Effect<void, DatabaseInUse | EngineFailed, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const databases = yield* Effect.mapError(
      sql<{ readonly name: string; readonly file: string }>`PRAGMA database_list`,
      failed
    )
    const file = databases.find(({ name }) => name === "main")?.file ?? ""
    // A database in memory belongs to its process.
    if (file === "") return

    const lock = `${file}.lock`
    const release = Effect.ignore(sql`DETACH DATABASE effect_sandboxes_lock`)
    const take = Effect.gen(function* () {
      // A lock is not waited for inside SQLite, which would keep the whole process waiting.
      yield* sql`PRAGMA busy_timeout = 0`
      yield* sql`ATTACH DATABASE ${lock} AS effect_sandboxes_lock`
      yield* sql`PRAGMA effect_sandboxes_lock.locking_mode = EXCLUSIVE`
      yield* sql`CREATE TABLE IF NOT EXISTS effect_sandboxes_lock.holder (since BIGINT)`
      // The lock is that of the first write, and stays.
      yield* sql`INSERT INTO effect_sandboxes_lock.holder (since) VALUES (${yield* Clock.currentTimeMillis})`
      yield* sql`DELETE FROM effect_sandboxes_lock.holder`
    }).pipe(
      Effect.onError(() => release),
      Effect.ensuring(Effect.ignore(sql`PRAGMA busy_timeout = 5000`))
    )

    const taken = take.pipe(
      Effect.retry({
        while: isTaken,
        schedule: Schedule.spaced("100 millis").pipe(Schedule.upTo(waitFor))
      }),
      Effect.mapError((error) =>
        isTaken(error)
          ? new DatabaseInUse({
              file,
              message: `${operation}: another process uses the database ${file}, and did not end within ${Duration.format(waitFor)}. Two processes on one file would do every step twice. End the other one first, or use Postgres and \`Engine.layerCluster\` for several processes`
            })
          : failed(error)
      )
    )
    yield* Effect.acquireReleaseInterruptible(taken, () => release)
  })
