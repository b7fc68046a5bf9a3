/** What `package.json` and the folders of `src` say, for tools and tests that would otherwise repeat it. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL("..", import.meta.url))

/** The files of an entry. */
export interface Target {
  readonly types: string
  /** For Node, Bun and Deno: one of the bundles, which load faster. */
  readonly node: string
  /** For everyone else. */
  readonly default: string
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly files: ReadonlyArray<string>
  readonly exports: Readonly<Record<string, null | string | Target>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export const manifest: Manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"))

export interface Entry {
  /** What a program imports: `effect-sandboxes/daytona`. */
  readonly name: string
  /** The same below the package: `daytona`, or `index`. */
  readonly path: string
  /** The module behind it: `src/daytona.ts`. */
  readonly source: string
  readonly target: Target
}

/** The entries of the package, in the order of `package.json`. */
export const entries: ReadonlyArray<Entry> = Object.entries(manifest.exports).flatMap(([key, target]) =>
  target === null || typeof target === "string"
    ? []
    : [
        {
          name: join(manifest.name, key),
          path: key === "." ? "index" : key.slice("./".length),
          source: target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts"),
          target
        }
      ]
)

/** The systems that the package talks to: a folder of services each. */
export const systems: ReadonlyArray<string> = readdirSync(`${root}src/services`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()

/** An entry that runs wherever there is `fetch`. */
export const isCore = ({ path }: Entry): boolean => !/^(node|embedded)(\/|$)/.test(path)
