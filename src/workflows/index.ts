// Every workflow that a worker runs.
export { respondToIncident } from './respondToIncident.js';
export { rotateCredential } from './rotateCredential.js';
export { rotateDue } from './rotateDue.js';
export { rotateWave } from './rotateWave.js';
