// Every workflow that a worker runs.
export { respondToIncident } from './respondToIncident.js';
export { rotateCredential } from './rotateCredential.js';
export { rotateWave } from './rotateWave.js';
