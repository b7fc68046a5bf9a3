/** The types of the examples, with the repository's own rules. */

import { root } from "../../tools/manifest.js"
import { problemsOf } from "../support/compiler.js"
import type { Example } from "./examples.js"

/** What is given to fragments, from where the module of an example is. */
const given = JSON.stringify(`${root}test/documentation/given.js`)

/** What the types are wrong about, at the lines of the pages. */
export const typeErrorsOf = async (examples: ReadonlyArray<Example>): Promise<ReadonlyArray<string>> => {
  const found = await problemsOf(examples.map(({ module }) => module.replaceAll('"./given.js"', given)))
  return examples.flatMap(({ line, page }, index) =>
    (found[index] ?? []).map((problem) => `${page}:${line + problem.line}: ${problem.message}`)
  )
}
