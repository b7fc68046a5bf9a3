/** The operations of the services, found by their folders. */
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type * as Operation from "../../src/internal/Operation.js"

const services = new URL("../../src/services/", import.meta.url)

const isOperation = (value: unknown): value is Operation.Any =>
  typeof value === "object" && value !== null && "method" in value && "path" in value && "schemas" in value

export interface FoundOperation {
  /** The file that exports it, relative to `src/services`. */
  readonly source: string
  readonly operation: Operation.Any
}

/** Every file under a folder of `src/services`, at any depth. */
export const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(fileURLToPath(new URL(`${folder}/`, services)), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"))
    .sort()

/** Every operation that a file under the folder exports, each once, although some are exported again. */
export const operationsUnder = async (folder: string): Promise<ReadonlyArray<FoundOperation>> => {
  const found = new Map<Operation.Any, string>()
  for (const source of filesUnder(folder)) {
    const module: Readonly<Record<string, unknown>> = await import(/* @vite-ignore */ new URL(source, services).href)
    for (const value of [...Object.values(module), ...Object.values(module["operations"] ?? {})]) {
      if (isOperation(value) && !found.has(value)) found.set(value, source)
    }
  }
  return Array.from(found, ([operation, source]) => ({ operation, source }))
}
