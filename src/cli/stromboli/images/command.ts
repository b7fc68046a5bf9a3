/** `images`: container images on the server and in registries. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

const name = Args.text({ name: "name" }).pipe(Args.withDescription("An image, with tag or digest: python:3.12"))

const ls = Command.make(
  "ls",
  Shared.stromboli,
  onStromboli(() => import("./ls.js"))
).pipe(Command.withDescription("List the images on the server, the most suitable first."))

const get = Command.make(
  "get",
  { ...Shared.stromboli, name },
  onStromboli(() => import("./get.js"))
).pipe(Command.withDescription("Show an image with its labels."))

const search = Command.make(
  "search",
  {
    ...Shared.stromboli,
    limit: Shared.wholeNumber("limit", 1, 100).pipe(
      Options.withDefault(25),
      Options.withDescription("How many to show; default 25.")
    ),
    words: Args.text({ name: "words" }).pipe(Args.withDescription("A part of the name."))
  },
  onStromboli(() => import("./search.js"))
).pipe(Command.withDescription("Search the registries of the server."))

const pull = Command.make(
  "pull",
  {
    ...Shared.stromboli,
    platform: Options.text("platform").pipe(Options.withDescription("For example linux/arm64."), Options.optional),
    name
  },
  onStromboli(() => import("./pull.js"))
).pipe(Command.withDescription("Pull an image from its registry, which may take ten minutes."))

export const images = Command.make("images").pipe(
  Command.withDescription("Container images that runs can use."),
  Command.withSubcommands([ls, get, search, pull])
)
