/** The commands of Daytona, in the order of the help. */

import { ports, preview, screenshot } from "./access/command.js"
import { cp } from "./cp/command.js"
import { exec, kill } from "./exec/command.js"
import { git } from "./git/command.js"
import { logs } from "./logs/command.js"
import { python } from "./python/command.js"
import { reap } from "./reap/command.js"
import { sandbox } from "./sandbox/command.js"
import { shell } from "./shell/command.js"
import { snapshot } from "./snapshot/command.js"
import { volume } from "./volume/command.js"

export const daytonaCommands = [
  sandbox,
  exec,
  shell,
  cp,
  logs,
  kill,
  ports,
  preview,
  screenshot,
  python,
  git,
  snapshot,
  volume,
  reap
] as const
