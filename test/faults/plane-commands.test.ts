import { walkPlane } from '../support/plane-walk.ts'

walkPlane(['dispatch', 'record'])
