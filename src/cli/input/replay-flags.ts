import type { KernelName } from '../../kernel/contract.ts'
import type { Service } from '../../model/workload/service.ts'
import type { OutputFlags } from '../output/save.ts'
import type { ArrivalFlags } from './arrivals.ts'
import type { ConfigurationFlags } from './configuration.ts'

/** The flags of `replay`. */
export interface ReplayFlags extends ConfigurationFlags, ArrivalFlags, OutputFlags<'table' | 'json' | 'csv'> {
  plan?: string
  seeds?: number[]
  queue?: string
  traceRoot?: string
  threads?: number
  policy: string[]
  service: Service
  kernel: KernelName
  schedule?: string
  chromeTrace?: string
  timing?: boolean
}
