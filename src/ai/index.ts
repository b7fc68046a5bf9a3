/** Models and tools for `@effect/ai`. */
export * as StromboliLanguageModel from "./languageModel/StromboliLanguageModel.js"
