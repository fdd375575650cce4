export interface LayoutField {
  readonly name: string
  readonly type: string
  readonly offset: number
  readonly comment: string
}

export interface LayoutClass {
  readonly name: string
  readonly comment: string
  readonly host: boolean
  readonly size: number
  readonly fields: readonly LayoutField[]
}

export interface Room {
  readonly room: string
  readonly classes: readonly LayoutClass[]
}

export function readLayouts(): Room[]
export function parseClasses(file: string, text: string): LayoutClass[]
export function renderRoom(room: Room): string
export function writeLayouts(folder: URL): void
