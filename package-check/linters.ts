/** The linters of packages, on the tarball. */
import { join } from "node:path"
import { root } from "../tools/manifest.js"
import { succeed } from "./program.js"

const tool = (name: string, args: ReadonlyArray<string>) =>
  succeed(join(root, "node_modules/.bin", name), args, { directory: root })

export const publint = async (tarball: string): Promise<string> => {
  const output = await tool("publint", ["run", tarball, "--strict"])
  if (!output.includes("All good!")) throw new Error(output.trim())
  return "no errors, warnings or suggestions"
}

/** The package is ESM only: what `require` and the resolution of Node 10 would find is left out of the verdict. */
export const areTheTypesWrong = async (tarball: string): Promise<string> => {
  await tool("attw", [tarball, "--profile", "esm-only", "--no-color", "--no-emoji"])
  return "no problems, profile esm-only"
}
