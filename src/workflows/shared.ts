// Loaded once per worker instead of once per workflow: what is pure, so that sharing it shares no state.
import '../approval/bundle.js';
import '../protocol/rotate.js';
import '../protocol/overtaken.js';
import '../protocol/evidence.js';

// The SDK takes a stack for every promise of a workflow, in case somebody asks for `__stack_trace`: a quarter of a worker's time.
Error.stackTraceLimit = 0;
