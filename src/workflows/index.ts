// Every workflow that a worker runs.
export { rotateCredential } from './rotateCredential.js';
