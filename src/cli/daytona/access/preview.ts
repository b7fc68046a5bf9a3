/** `preview`. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Sandboxes, SandboxName } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

/** What the options are read as. */
export interface Values {
  readonly name: string
  readonly port: number
  readonly plain: boolean
  readonly expiresIn: Option.Option<Duration.Duration>
}

const Preview = Schema.Struct({
  url: Schema.String,
  /** Only with `--plain`: for the header `x-daytona-preview-token`. */
  token: Schema.optional(Schema.String)
})

/** What grants access is the result, so it is not redacted. */
const previewOf = ({ expiresIn, name, plain, port }: Values) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const sandbox = SandboxName.make(name)
    if (plain) {
      const { token, url } = yield* sandboxes.previewLink(sandbox, port)
      return Preview.make({ url, token: Redacted.value(token) })
    }
    const { url } = yield* sandboxes.signedPreviewUrl(sandbox, port, {
      expiresIn: Option.getOrElse(expiresIn, () => Duration.hours(1))
    })
    return Preview.make({ url: Redacted.value(url) })
  })

export const run = (values: Values) =>
  Effect.gen(function* () {
    const preview = yield* during(`Asking for port ${values.port}`)(previewOf(values))
    yield* Output.show(Preview, preview, ({ url }) => `${url}\n`)
    if (preview.token !== undefined) {
      yield* Output.note("Unless the sandbox is public, it needs the header x-daytona-preview-token; --json shows it.")
    }
  })
