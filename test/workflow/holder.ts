/** A process that has the database of its argument until it is killed. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Engine } from "../../src/workflow/index.js"

const [, , filename = ""] = process.argv

const engine = Engine.layerSingleProcess().pipe(Layer.provide(SqliteClient.layer({ filename })))

await Layer.build(engine).pipe(
  Effect.zipRight(Effect.sync(() => process.stdout.write("holding\n"))),
  Effect.zipRight(Effect.never),
  Effect.scoped,
  Effect.runPromise
)
