/** Exit codes (docs/errors.md): what scripts and CI rely on. */
export const EXIT_OK = 0;
/** An expectation failed, the program does not fit, verify differs. */
export const EXIT_FAILED = 1;
/** Usage or input error, damaged capture. */
export const EXIT_INPUT = 2;
export const EXIT_BUG = 70;
export const EXIT_INTERRUPTED = 130;
