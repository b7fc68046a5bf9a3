/** All areas, in the order in which they are driven. */

import type { Area } from "./Area.js"
import { agent, compaction, replayedPrompts, slowAnswer } from "./agents.js"
import { blocks, truncatedAnswer } from "./blocks.js"
import { controlRequest } from "./control.js"
import { crashedRun, crashedStream } from "./crashes.js"
import { agentMaxTurns, maxBudget, maxTurns, maxTurnsAfterMuch, serverError, unauthorized } from "./errors.js"
import { interruptedAgent, interruptedRun, interruptedStream } from "./interruption.js"
import { job } from "./jobs.js"
import { languageModel } from "./languageModel.js"
import { mcpOverHttp, mcpOverStdio } from "./mcpServer.js"
import { inPlaces } from "./places.js"
import { dashedPrompt, permissionModes, pluginFolders, runAsJson, runAsStreamJson, runAsText, usage } from "./runs.js"
import {
  destroyedSession,
  existingSession,
  resumedAgent,
  session,
  unknownSession,
  unknownSessionInStreamJson
} from "./sessions.js"
import { stream } from "./streams.js"
import { structuredOutput } from "./structured.js"
import { backgroundAgent, backgroundRun, subAgent } from "./subAgents.js"
import { deniedTool, hooks, tools } from "./tools.js"

export const areas: ReadonlyArray<Area> = [
  runAsText,
  runAsJson,
  runAsStreamJson,
  usage,
  dashedPrompt,
  pluginFolders,
  permissionModes,
  stream,
  job,
  session,
  destroyedSession,
  unknownSession,
  unknownSessionInStreamJson,
  existingSession,
  resumedAgent,
  structuredOutput,
  languageModel,
  agent,
  slowAnswer,
  replayedPrompts,
  compaction,
  subAgent,
  backgroundAgent,
  backgroundRun,
  tools,
  deniedTool,
  hooks,
  mcpOverStdio,
  mcpOverHttp,
  blocks,
  truncatedAnswer,
  controlRequest,
  crashedRun,
  crashedStream,
  interruptedRun,
  interruptedStream,
  interruptedAgent,
  maxTurns,
  maxTurnsAfterMuch,
  agentMaxTurns,
  maxBudget,
  unauthorized,
  serverError,
  ...inPlaces
]
