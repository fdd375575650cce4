/** The part of zod that the schemas of documents use: the whole has the messages of forty languages. */
export { array, boolean, enum, int, looseObject, number, record, strictObject, string, union } from 'zod'

/** Only the command line prints schemas. */
export const toJSONSchema = undefined
