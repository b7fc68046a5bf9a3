/** What durable runs note beside the engine: which request a key belongs to, how far a run is, and who cancelled it. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { EngineFailed } from "./failures.js"

/**
 * Two small tables, `effect_sandboxes_runs` and `effect_sandboxes_store`, in the database of the engine. SQLite and
 * Postgres. The layers of `Engine` provide it; it is used by what this entry exports.
 */
export class DurableStore extends Context.Tag("effect-sandboxes/workflow/DurableStore")<
  DurableStore,
  DurableStore.Service
>() {
  /** Creates the tables if they do not exist. Fails with `EngineFailed` when the database refuses. */
  static readonly layer: Layer.Layer<DurableStore, EngineFailed, SqlClient.SqlClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace DurableStore {
  interface Service {
    /**
     * The name of this database, made when the tables are created. Keys of paid work begin with it, so that programs
     * with databases of their own never find each other's runs on a server.
     */
    readonly name: string
    /** Notes a request under its id, unless the id is taken; what is noted now. */
    readonly claim: (run: Claim) => Effect.Effect<Claim, EngineFailed>
    /** What is known of an id. */
    readonly look: (id: string) => Effect.Effect<Option.Option<Entry>, EngineFailed>
    /** Notes how far a run is. The result is whether it was asked to end. */
    readonly note: (id: string, round: number, progress: string) => Effect.Effect<boolean, EngineFailed>
    /** Notes that a run is to end; the round that it is in. */
    readonly askToEnd: (id: string) => Effect.Effect<number, EngineFailed>
  }

  /** The request of a key. */
  interface Claim {
    readonly id: string
    readonly key: string
    /** The digest of the request. */
    readonly digest: string
    /** The version of the format in which the request is stored. */
    readonly version: number
    /** The request as it is stored. */
    readonly content: string
  }

  /** What is known of a run. */
  interface Entry {
    readonly key: string | undefined
    readonly digest: string | undefined
    readonly version: number | undefined
    readonly content: string | undefined
    /** How often the run was looked after; `0` before the first time. */
    readonly round: number
    /** JSON, as it was noted; `undefined` before the first round. */
    readonly progress: string | undefined
    readonly asksToEnd: boolean
  }
}

interface Row {
  readonly run_key: string | null
  readonly digest: string | null
  readonly version: number | null
  readonly content: string | null
  readonly round: number
  readonly progress: string | null
  readonly ending: number
}

const failed =
  (operation: string) =>
  (error: SqlError): EngineFailed => {
    const reason = error.cause instanceof Error ? error.cause.message : error.message
    return new EngineFailed({
      operation,
      cause: error,
      message: `${operation}: the database failed: ${reason}. Asking again is safe`
    })
  }

/** Of two processes that create a table at once, Postgres refuses one. */
const creation = Schedule.intersect(Schedule.exponential("50 millis"), Schedule.recurs(4))

const make = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()

  const create = Effect.gen(function* () {
    yield* sql`CREATE TABLE IF NOT EXISTS effect_sandboxes_runs (
      id VARCHAR(255) PRIMARY KEY,
      run_key TEXT,
      digest TEXT,
      version INTEGER,
      content TEXT,
      round INTEGER NOT NULL,
      progress TEXT,
      ending INTEGER NOT NULL,
      created_at BIGINT NOT NULL
    )`
    yield* sql`CREATE TABLE IF NOT EXISTS effect_sandboxes_store (name VARCHAR(255) PRIMARY KEY, value TEXT NOT NULL)`
    yield* sql`INSERT INTO effect_sandboxes_store (name, value) VALUES ('name', ${globalThis.crypto.randomUUID()})
      ON CONFLICT (name) DO NOTHING`
    return yield* sql<{ readonly value: string }>`SELECT value FROM effect_sandboxes_store WHERE name = 'name'`
  })

  const named = yield* create.pipe(Effect.retry(creation), Effect.mapError(failed("DurableStore.layer")))
  const name = named[0]?.value ?? ""

  const read = (id: string) =>
    Effect.map(
      sql<Row>`SELECT run_key, digest, version, content, round, progress, ending
        FROM effect_sandboxes_runs WHERE id = ${id}`,
      (rows) => Option.fromNullable(rows[0])
    )

  return DurableStore.of({
    name,
    claim: (run) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* sql`INSERT INTO effect_sandboxes_runs
          (id, run_key, digest, version, content, round, ending, created_at)
          VALUES (${run.id}, ${run.key}, ${run.digest}, ${run.version}, ${run.content}, 0, 0, ${now})
          ON CONFLICT (id) DO NOTHING`
        const row = Option.getOrUndefined(yield* read(run.id))
        return {
          id: run.id,
          key: row?.run_key ?? run.key,
          digest: row?.digest ?? run.digest,
          version: row?.version ?? run.version,
          content: row?.content ?? run.content
        }
      }).pipe(Effect.mapError(failed("DurableStore.claim"))),
    look: (id) =>
      Effect.map(read(id), (found) =>
        Option.map(found, (row) => ({
          key: row.run_key ?? undefined,
          digest: row.digest ?? undefined,
          version: row.version ?? undefined,
          content: row.content ?? undefined,
          round: Number(row.round),
          progress: row.progress ?? undefined,
          asksToEnd: Number(row.ending) !== 0
        }))
      ).pipe(Effect.mapError(failed("DurableStore.look"))),
    note: (id, round, progress) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const rows = yield* sql<Pick<Row, "ending">>`
          INSERT INTO effect_sandboxes_runs (id, round, progress, ending, created_at)
          VALUES (${id}, ${round}, ${progress}, 0, ${now})
          ON CONFLICT (id) DO UPDATE SET round = ${round}, progress = ${progress}
          RETURNING ending`
        return Number(rows[0]?.ending ?? 0) !== 0
      }).pipe(Effect.mapError(failed("DurableStore.note"))),
    askToEnd: (id) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const rows = yield* sql<Pick<Row, "round">>`
          INSERT INTO effect_sandboxes_runs (id, round, ending, created_at) VALUES (${id}, 0, 1, ${now})
          ON CONFLICT (id) DO UPDATE SET ending = 1
          RETURNING round`
        return Number(rows[0]?.round ?? 0)
      }).pipe(Effect.mapError(failed("DurableStore.askToEnd")))
  })
})
