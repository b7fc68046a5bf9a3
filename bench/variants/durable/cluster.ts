/** The engine on Postgres, as `examples/durable-service` has it. */
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"
import { AgentRuns, Engine } from "effect-sandboxes/workflow"

export interface Servers {
  readonly database: string
  readonly stromboli: string
}

export const databaseLayer = ({ database }: Pick<Servers, "database">) =>
  PgClient.layer({ url: Redacted.make(database) })

/** Submits runs, and asks for them and for what the database counts. */
export const clientLayer = (servers: Pick<Servers, "database">) =>
  AgentRuns.layer.pipe(
    Layer.provideMerge(Engine.layerCluster),
    Layer.provide(NodeClusterSocket.layer({ clientOnly: true, storage: "sql" })),
    Layer.provideMerge(databaseLayer(servers))
  )

export const workerLayer = (servers: Servers, port: number, options: AgentRuns.WorkerOptions) =>
  AgentRuns.layerWorker(options).pipe(
    Layer.provide(Engine.layerCluster),
    Layer.provide(
      NodeClusterSocket.layer({
        storage: "sql",
        shardingConfig: {
          runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)),
          entityMessagePollInterval: "1 second",
          shardLockExpiration: "15 seconds"
        }
      })
    ),
    Layer.provide(databaseLayer(servers)),
    Layer.provide(Stromboli.layer({ baseUrl: servers.stromboli })),
    Layer.provide(NodeTransport.layer)
  )
