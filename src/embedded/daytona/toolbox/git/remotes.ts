/** The endpoints for remotes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { flag, requiredText } from "../jsonBody.js"
import type { Handler } from "../Route.js"
import * as Repository from "./Repository.js"

/** `GET /git/remotes`: with passwords removed from the URLs. */
export const list =
  (context: Repository.GitContext): Handler =>
  (request) =>
    Effect.gen(function* () {
      const repository = yield* Repository.ofQuery(context, request)
      const settings = yield* repository.tryRun(["config", "--local", "--null", "--get-regexp", "^remote\\..*\\.url$"])
      return responses.json(200, { remotes: remotesIn(settings ?? "") })
    })

const remotesIn = (settings: string): ReadonlyArray<{ readonly name: string; readonly url: string }> => {
  const first = new Map<string, string>()
  for (const setting of settings.split("\0")) {
    const [, name, url] = /^remote\.(.*)\.url\n(.*)$/s.exec(setting) ?? []
    if (name !== undefined && url !== undefined && !first.has(name)) first.set(name, withoutPassword(url))
  }
  return [...first].map(([name, url]) => ({ name, url }))
}

const withoutPassword = (address: string): string => address.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/i, "$1@")

const AddRemote = Schema.Struct({
  path: requiredText,
  name: requiredText,
  url: requiredText,
  fetch: flag,
  overwrite: flag
})

/** `POST /git/remotes`: adds a remote; 409 if the name is taken, unless `overwrite` is set. */
export const add = (context: Repository.GitContext): Handler => {
  const read = Repository.body(AddRemote)
  return (request) =>
    Effect.gen(function* () {
      const { fetch, name, overwrite, path, url } = yield* read(request)
      const repository = yield* Repository.open(context, path)
      yield* Repository.checkedUrl(context, url, repository.directory)
      if (overwrite && (yield* repository.tryRun(["remote", "get-url", "--", name])) !== undefined) {
        yield* repository.run(["remote", "remove", "--", name])
      }
      yield* repository.run(["remote", "add", "--", name, url])
      if (fetch) yield* repository.run(["fetch", "--quiet", "--", name])
      return responses.empty(201)
    })
}
