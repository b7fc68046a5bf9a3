/** The Node that runs this script. */
import { onCommandLine } from "./onCommandLine.js"

/** The Node that runs this script: at the oldest 20. */
export const node = onCommandLine("Node", process.execPath)
