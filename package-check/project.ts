/** An empty project with the tarball installed, as a user would install it. */
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { entries, type Manifest, manifest, root } from "../tools/manifest.js"
import { npmInstall, succeed } from "./program.js"

const development = ["@effect/vitest", "@types/node"]

/** What `examples/observability` exports to, and where the durable examples store their runs. */
const exporters = [
  "@effect/sql-pg",
  "@effect/sql-sqlite-node",
  "@effect/opentelemetry",
  "@opentelemetry/sdk-metrics",
  "@opentelemetry/sdk-trace-base"
]

/** `@effect/sql-pg` declares its types with these, and leaves them to who checks declarations. */
const declarations = { "@types/pg": "^8.15.0" }

/** Both compilers, under names of their own. */
const compilers = { "typescript-5.9": "npm:typescript@~5.9.3", "typescript-newest": "npm:typescript@latest" }

/** The declarations of `@effect/rpc`, below those of the cluster, need the types of Node. */
const needsNodeTypes = "workflow"

/** The version that `@effect/vitest` asks for, as our documentation does; our own tests run on a newer one. */
const vitest = async (): Promise<string | undefined> => {
  const { peerDependencies }: Pick<Manifest, "peerDependencies"> = JSON.parse(
    await readFile(join(root, "node_modules/@effect/vitest/package.json"), "utf8")
  )
  return peerDependencies["vitest"]
}

/** The other entries, for a compiler that does not know Node: programs without `@types/node` import them, too. */
const allEntries = entries
  .filter(({ path }) => path !== needsNodeTypes)
  .map(({ name }, index) => `export * as entry${index} from "${name}"\n`)
  .join("")

/** The first program of the README. */
const firstRun = async (): Promise<string> => {
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(root, "README.md"), "utf8")) ?? []
  return program
}

export const install = async (tarball: string, directory: string): Promise<string> => {
  await cp(join(root, "package-check/project"), directory, { recursive: true })
  await cp(join(root, "examples"), join(directory, "examples"), { recursive: true })
  await writeFile(join(directory, "allEntries.ts"), allEntries)
  await writeFile(join(directory, "first.ts"), await firstRun())
  const versions = { ...manifest.devDependencies, ...manifest.peerDependencies }
  const wanted = [...Object.keys(manifest.peerDependencies), ...development, ...exporters]
  await writeFile(
    join(directory, "package.json"),
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: {
        [manifest.name]: `file:${tarball}`,
        ...Object.fromEntries(wanted.map((name) => [name, versions[name]])),
        vitest: await vitest(),
        ...declarations,
        ...compilers
      }
    })
  )
  await npmInstall(directory, [], ["--no-package-lock"])
  const installed = await Promise.all(
    ["effect", "@effect/platform", ...Object.keys(compilers)].map(
      async (name) => `${name} ${await versionOf(directory, name)}`
    )
  )
  return installed.join(", ")
}

const versionOf = async (directory: string, name: string): Promise<string> => {
  const { version }: { readonly version: string } = JSON.parse(
    await readFile(join(directory, "node_modules", name, "package.json"), "utf8")
  )
  return version
}

/** Compiles every example, strictly, and the declarations of everything they import. */
export const compile = async (compiler: keyof typeof compilers, directory: string): Promise<string> => {
  for (const project of ["tsconfig.json", "tsconfig.vitest.json", "tsconfig.browser.json"]) {
    const tsc = join("node_modules", compiler, "bin/tsc")
    await succeed(process.execPath, [tsc, "--pretty", "false", "-p", project], { directory, limit: 300 })
  }
  return `${await versionOf(directory, compiler)}: strict, declarations checked, with Node and without`
}
