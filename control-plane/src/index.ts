/**
 * The control plane as a program starts it.
 * @module
 */
export { configFrom, type Config } from './config.ts'
export { allRoutes, startControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts'
export { PLANE_FAULT_POINTS, type PlaneFaultPoint } from './infra/fault-points.ts'
export { openApiDocument } from './edge/api/openapi.ts'
