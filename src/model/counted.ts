import { groupDigits } from './group-digits.ts'

/** 1 start, 1,200 starts */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${groupDigits(count)} ${count === 1 ? one : many}`
}
