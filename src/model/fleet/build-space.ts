import { checkGiven, type OptionNames } from '../checks.ts'
import { checkSpace, type InstanceType, type Space } from './space.ts'

/** A space as it is written by hand. */
export interface SpaceRecipe {
  /** By name: the largest count and the price; or a list of types. */
  readonly types: Readonly<Record<string, Omit<InstanceType, 'name'>>> | readonly InstanceType[]
  /** Dollars per hour. */
  readonly budgetPerHour: number
}

const OPTIONS: OptionNames<SpaceRecipe> = { types: true, budgetPerHour: true }

const TYPE: OptionNames<InstanceType> = {
  name: true,
  min: true,
  max: true,
  pricePerHour: true,
  slots: true,
  base: 'flag',
}

/**
 * Builds a space in memory: `space({ types: { 'gpu.large': { max: 4, pricePerHour: 0.9 } }, budgetPerHour: 4 })`.
 *
 * @throws KairosError BAD_USAGE for an unknown key; BAD_MODEL and TOO_LARGE as every function that takes a space
 */
export function space(recipe: SpaceRecipe): Space {
  checkGiven(recipe, OPTIONS)
  const { types, budgetPerHour } = recipe
  const list = Array.isArray(types)
    ? (types as readonly InstanceType[])
    : Object.entries(types ?? {}).map(([name, type]): InstanceType => ({ name, ...type }))
  for (const type of list) checkGiven(type, TYPE)
  const built = {
    types: list.map((type) => ({ ...type, min: type.min ?? 0, base: type.base ?? false })),
    budgetPerHour,
  }
  checkSpace(built)
  return built
}
