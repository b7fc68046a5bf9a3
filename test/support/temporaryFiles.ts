/** Directories with given files, for as long as a test runs. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"

/** What is a string or bytes is a file, `{ link }` a symbolic link; everything else is a directory. */
export interface Tree {
  readonly [name: string]: string | Uint8Array | { readonly link: string } | Tree
}

const isLink = (node: Tree | { readonly link: string }): node is { readonly link: string } =>
  typeof node["link"] === "string"

const write = (directory: string, tree: Tree): Effect.Effect<void, unknown, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path
    yield* fs.makeDirectory(directory, { recursive: true })
    for (const [name, node] of Object.entries(tree)) {
      const path = join(directory, name)
      if (typeof node === "string") yield* fs.writeFileString(path, node)
      else if (node instanceof Uint8Array) yield* fs.writeFile(path, node)
      else if (isLink(node)) yield* fs.symlink(node.link, path)
      else yield* write(path, node)
    }
  })

/** A new directory with these files in it; gone when the scope is. */
export const temporary = (tree: Tree) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)
    yield* write(directory, tree)
    return directory
  }).pipe(Effect.orDie)
