/** The program of every process that measures, and of every server. Its arguments: what to do, in JSON. */
import { moduleOf, type Setting, type Suite } from "./Suite.js"

interface Task {
  readonly suite: string
  /** Without them, the suite's server is what is wanted. */
  readonly table?: string
  readonly variant?: string
  readonly setting: Setting
}

const isTask = (value: unknown): value is Task => typeof value === "object" && value !== null && "suite" in value

const task: unknown = JSON.parse(process.argv[2] ?? "null")
if (!isTask(task)) throw new Error("no task")

const { suite }: { readonly suite: Suite } = await import(`../suites/${moduleOf(task.suite)}.js`)
const told = (message: unknown) => new Promise<void>((resolve) => process.send?.(message, () => resolve()))

if (task.table === undefined) {
  process.on("disconnect", () => process.exit(0))
  await told((await suite.serve?.(task.setting)) ?? {})
} else {
  const variant = suite.tables.find(({ name }) => name === task.table)?.variants[task.variant ?? ""]
  if (variant === undefined) throw new Error(`no variant ${task.table}/${task.variant}`)
  await told(await variant(task.setting))
  process.exit(0)
}
