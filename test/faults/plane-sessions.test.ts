import { walkPlane } from '../support/plane-walk.ts'

walkPlane(['hello', 'events'])
