/** The cluster on Postgres that the service and its workers share: `DATABASE_URL` says where it is. */
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Engine } from "effect-sandboxes/workflow"

const DatabaseLive = PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })

/** Submits runs and asks for them, and works on none. */
export const ClientLive = Engine.layerCluster.pipe(
  Layer.provide(NodeClusterSocket.layer({ clientOnly: true, storage: "sql" })),
  Layer.provide(DatabaseLive)
)

const address = Config.all({
  host: Config.string("WORKER_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.port("WORKER_PORT").pipe(Config.withDefault(34431))
})

/** Works on runs, and is reached by the others at an address that no other worker has. */
export const WorkerLive = Engine.layerCluster.pipe(
  Layer.provide(
    Layer.unwrapEffect(
      Effect.map(address, (own) =>
        NodeClusterSocket.layer({
          storage: "sql",
          shardingConfig: {
            runnerAddress: Option.some(RunnerAddress.make(own.host, own.port)),
            // Pauses of runs are that much longer. By default 10 seconds.
            entityMessagePollInterval: "1 second",
            // The others take over the runs of a lost worker after so long. By default 35 seconds.
            shardLockExpiration: "15 seconds"
          }
        })
      )
    )
  ),
  Layer.provide(DatabaseLive)
)
