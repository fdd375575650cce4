/** The schema of every document, by the name that `kairos-wasm schema` gives it. */
import { countsSchema } from './counts.ts'
import * as fields from './fields.ts'
import { fleetSchema } from './fleet.ts'
import { instanceSchema } from './instance.ts'
import { planSchema } from './plan.ts'
import { profileSchema } from './profile.ts'
import { addressesSchema } from './service-addresses.ts'
import { spaceSchema } from './space.ts'
import { workloadSchema } from './workload.ts'

const SCHEMAS = {
  workload: workloadSchema,
  space: spaceSchema,
  instance: instanceSchema,
  profile: profileSchema,
  counts: countsSchema,
  addresses: addressesSchema,
  fleet: fleetSchema,
  plan: planSchema,
}

/** The name of a format of documents. */
export type DocumentFormat = keyof typeof SCHEMAS

/** The names of the formats of documents. */
export const DOCUMENT_FORMATS = Object.keys(SCHEMAS) as readonly DocumentFormat[]

export function jsonSchemas(): Record<DocumentFormat, object> {
  const entries = Object.entries(SCHEMAS).map(([name, schema]) => [name, fields.toJSONSchema(schema(fields))])
  return Object.fromEntries(entries)
}
