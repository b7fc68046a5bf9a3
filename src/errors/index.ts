/**
 * Every failure of this package: `ApiError` is what any request can meet; the others belong to the methods that declare
 * them. All are `Schema.TaggedError`s with a stable `code`, so they can be caught by tag and sent across process borders.
 */
export * from "./ApiError.js"
export * from "./Daytona.js"
export * from "./DaytonaToolbox.js"
export { Admitted, System } from "./RequestFailure.js"
export * from "./Stromboli.js"
