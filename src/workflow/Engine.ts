/** The engines that durable runs run on, of `@effect/cluster`: in one process on SQLite, or in many on Postgres. */
import * as ClusterWorkflowEngine from "@effect/cluster/ClusterWorkflowEngine"
import type { MessageStorage } from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Runners from "@effect/cluster/Runners"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type { DurationWithUnit } from "../schema/refused.js"
import { DurableStore } from "./DurableStore.js"
import { exclusiveFile } from "./exclusiveFile.js"
import { type DatabaseInUse, EngineFailed } from "./failures.js"

/** How one process uses its database. */
export interface SingleProcessOptions {
  /**
   * How long to wait for a process that still has the database, such as the one that this one replaces; default 5
   * seconds.
   */
  readonly waitFor?: DurationWithUnit | undefined
  /** How long steps that run may take to end when the layer closes; default 15 seconds. They run again afterwards. */
  readonly shutdownTimeout?: DurationWithUnit | undefined
  /** How often the database is asked for what is due; default 1 second. Durable waits are that much longer. */
  readonly pollInterval?: DurationWithUnit | undefined
}

/** What an engine provides. */
export type Provided = WorkflowEngine | Sharding.Sharding | MessageStorage | DurableStore

/**
 * An engine for one process, on SQLite: a laptop, or a service that runs once. What is open when the process ends goes
 * on when the next one starts, also after SIGKILL.
 *
 * Fails with `DatabaseInUse` while another process has the file: a lock file next to it (`<file>.lock`), which the
 * operating system releases, keeps a second one away. Both have to be on a local disk. Processes that only read, such
 * as `sqlite3`, are not hindered.
 *
 * @example
 * ```ts
 * import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
 * import { Layer } from "effect"
 * import { Engine } from "effect-sandboxes/workflow"
 *
 * const EngineLive = Engine.layerSingleProcess().pipe(Layer.provide(SqliteClient.layer({ filename: "runs.sqlite" })))
 * ```
 */
export const layerSingleProcess = (
  options: SingleProcessOptions = {}
): Layer.Layer<Provided, DatabaseInUse | EngineFailed, SqlClient> => {
  const { pollInterval = "1 second", shutdownTimeout = "15 seconds", waitFor = "5 seconds" } = options
  const locked = Layer.scopedDiscard(exclusiveFile(Duration.decode(waitFor)))
  const sharding = Sharding.layer.pipe(
    Layer.provideMerge(Runners.layerNoop),
    Layer.provideMerge(SqlMessageStorage.layer),
    // The process has the file to itself, so it shares no shards with others.
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(
      ShardingConfig.layer({ entityMessagePollInterval: pollInterval, entityTerminationTimeout: shutdownTimeout })
    ),
    Layer.mapError(
      (cause) => new EngineFailed({ operation: "Engine.layerSingleProcess", cause, message: storageRefused })
    )
  )
  return layerCluster.pipe(Layer.provideMerge(sharding), Layer.provide(locked))
}

const storageRefused = "Engine.layerSingleProcess: the tables of the engine cannot be created in this database"

/**
 * An engine for many processes, on the cluster and the database that are provided: `NodeClusterSocket.layer` with
 * `storage: "sql"`, over Postgres.
 *
 * @example
 * ```ts
 * import { NodeClusterSocket } from "@effect/platform-node"
 * import { PgClient } from "@effect/sql-pg"
 * import { Config, Layer } from "effect"
 * import { Engine } from "effect-sandboxes/workflow"
 *
 * const EngineLive = Engine.layerCluster.pipe(
 *   Layer.provideMerge(NodeClusterSocket.layer({ storage: "sql" })),
 *   Layer.provide(PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") }))
 * )
 * ```
 */
export const layerCluster: Layer.Layer<
  WorkflowEngine | DurableStore,
  EngineFailed,
  Sharding.Sharding | MessageStorage | SqlClient
> = Layer.merge(ClusterWorkflowEngine.layer, DurableStore.layer)
