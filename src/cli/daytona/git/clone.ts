/** `git clone`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { readSecret } from "../../frame/secretFile.js"
import { connect } from "../connect.js"

/** What the options are read as. */
export interface Values {
  readonly name: string
  readonly repository: string
  readonly path: Option.Option<string>
  readonly branch: Option.Option<string>
  readonly commit: Option.Option<string>
  readonly depth: Option.Option<number>
  readonly username: Option.Option<string>
  readonly passwordFile: Option.Option<string>
}

const Cloned = Schema.Struct({ path: Schema.String, branch: Schema.String })

/** The last part of the URL, as git names the folder. */
const folderOf = (url: string): Option.Option<string> =>
  Option.fromNullable(/([^/:]+?)(?:\.git)?\/*$/.exec(url.replace(/[?#].*$/, ""))?.[1])

const credentialsOf = ({ passwordFile, username }: Values) =>
  Effect.gen(function* () {
    if (Option.isNone(passwordFile) && Option.isNone(username)) return undefined
    if (Option.isNone(passwordFile) || Option.isNone(username)) {
      return yield* new UsageError({ message: "Give both --username and --password-file, or neither" })
    }
    return { username: username.value, password: yield* readSecret("--password-file", passwordFile.value) }
  })

export const run = (values: Values) =>
  Effect.gen(function* () {
    const credentials = yield* credentialsOf(values)
    const path = Option.getOrUndefined(Option.orElse(values.path, () => folderOf(values.repository)))
    if (path === undefined) {
      return yield* new UsageError({ message: "The URL does not name a folder: add a path behind it" })
    }
    const { git } = yield* connect(values.name)
    yield* git
      .clone({
        url: values.repository,
        path,
        credentials,
        branch: Option.getOrUndefined(values.branch),
        commitId: Option.getOrUndefined(values.commit),
        depth: Option.getOrUndefined(values.depth)
      })
      .pipe(
        during(`Cloning ${values.repository}`),
        Output.noteOnInterrupt(`Interrupted: the sandbox goes on cloning into ${path}.`)
      )
    const { currentBranch } = yield* during("Reading the status")(git.status(path))
    yield* Output.show(Cloned, { path, branch: currentBranch }, () => `${path}\n`)
  })
