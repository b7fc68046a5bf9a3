/** `ports`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { connect } from "../connect.js"

const Port = Schema.Struct({ port: Schema.Number })

export const run = ({ name }: { readonly name: string }) =>
  Effect.gen(function* () {
    const box = yield* connect(name)
    const found = yield* during("Listing ports")(box.ports.list)
    yield* Output.showList(
      Port,
      found.map((port) => ({ port })),
      {
        columns: [{ head: "PORT", cell: ({ port }) => `${port}` }],
        empty: "No program listens on IPv4. Those that listen on IPv6 only are not listed."
      }
    )
  })
