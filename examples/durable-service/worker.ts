/** Works on the runs that the service takes. As many of these as you like, each at an address of its own. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Layer from "effect/Layer"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"
import { AgentRuns } from "effect-sandboxes/workflow"
import { WorkerLive } from "./cluster.js"

Layer.effectDiscard(Console.log("The worker works")).pipe(
  Layer.provide(AgentRuns.layerWorker()),
  Layer.provide(WorkerLive),
  Layer.provide(Stromboli.layerConfig()),
  Layer.provide(NodeTransport.layer),
  Layer.launch,
  NodeRuntime.runMain
)
