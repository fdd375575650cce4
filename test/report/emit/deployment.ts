import { parseAllDocuments } from 'yaml'
import type { Deployment } from '../../../src/report/emit/deployment.ts'

/** Two types in use and one that is not; a port that is not the default one. */
export const DEPLOYMENT: Deployment = {
  ...{ model: 'm', types: ['gpu.large', 'none', 'cpu.large'], counts: [2, 0, 3], slots: [4, 1, 2] },
  ...{ spare: 1, image: 'servers:1', port: 9000, routerImage: 'router:1', files: {} },
}

export const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS())
