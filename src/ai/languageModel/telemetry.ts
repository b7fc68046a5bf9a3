/** What the span of a call shows, in the terms of OpenTelemetry for generative AI. */
import type { ProviderOptions } from "@effect/ai/LanguageModel"
import type * as Response from "@effect/ai/Response"
import * as Telemetry from "@effect/ai/Telemetry"

const system = "stromboli"

export const annotateRequest = ({ span }: ProviderOptions, model: string | undefined): void =>
  Telemetry.addGenAIAnnotations(span, { system, operation: { name: "chat" }, request: { model } })

/** Notes what a part of the response tells about it. */
export const annotateResponse = (
  { span }: ProviderOptions,
  part: Response.PartEncoded | Response.StreamPartEncoded
): void => {
  if (part.type === "response-metadata") {
    Telemetry.addGenAIAnnotations(span, { system, response: { id: part.id, model: part.modelId } })
  }
  if (part.type === "finish") {
    const { inputTokens, outputTokens } = part.usage
    Telemetry.addGenAIAnnotations(span, {
      system,
      response: { finishReasons: [part.reason] },
      usage: { inputTokens, outputTokens }
    })
  }
}
