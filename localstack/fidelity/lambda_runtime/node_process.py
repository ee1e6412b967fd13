"""The Node process says what was thrown, ends when nothing caught an error, and marks the end of its log.

AWS: an error document has the thrown error's own name, message and trace
(docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html). An error that nobody catches and a rejection that
nobody handles end the process, and are what the invocation in progress answers.
Stock: message and trace only; nothing is said of an error that nobody catches.
"""

from ministack.core import lambda_runtime as runtime

from fidelity.frame.behaviour import Need

END_OF_LOG = "\x00end of "
"""With the request's id the last thing on stderr before an answer: when it has come, all of the log has."""

TO_STDOUT = "const _realStdoutWrite = process.stdout.write.bind(process.stdout);"
BEFORE_INIT = "let handlerFn = null;"
AT_INVOCATION = "const event = msg.event;"
REJECTED = 'error: String(err.message || err), trace: err.stack || ""'
THROWN = "error: e.message, trace: e.stack"
INIT_FAILED = 'status: "error", error: e.message\n'

MARKED_STDOUT = f"""const _sendToStdout = process.stdout.write.bind(process.stdout);
let _running = null;
const _realStdoutWrite = (line) => {{
  if (_running !== null) _stderrWrite({END_OF_LOG!r} + _running + "\\n");
  _running = null;
  return _sendToStdout(line);
}};"""

UNCAUGHT = """function _documentOf(error) {
  if (!(error instanceof Error) && !require("util").types.isNativeError(error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\\n") };
}
function _endWith(document, code) {
  if (_running !== null) {
    _realStdoutWrite(JSON.stringify({ status: "error", document, ends: true }) + "\\n");
  } else if (handlerFn === null) {
    _realStdoutWrite(JSON.stringify({ status: "error", error: JSON.stringify(document) }) + "\\n");
  }
  process.exit(code);
}
process.on("uncaughtException", (error) => _endWith(_documentOf(error), 129));
process.on("unhandledRejection", (reason) => {
  const { trace } = _documentOf(reason);
  _endWith({ errorType: "Runtime.UnhandledPromiseRejection", errorMessage: String(reason), trace }, 128);
});
let handlerFn = null;"""

EDITS = (
    (TO_STDOUT, MARKED_STDOUT),
    (BEFORE_INIT, UNCAUGHT),
    (AT_INVOCATION, f"{AT_INVOCATION}\n    _running = msg.ctx.request_id;"),
    (REJECTED, "document: _documentOf(err)"),
    (THROWN, "document: _documentOf(e)"),
    (INIT_FAILED, 'status: "error", error: JSON.stringify(_documentOf(e))\n'),
)

NEEDS = tuple(Need("ministack.core.lambda_runtime", "_NODEJS_WORKER_SCRIPT", contains=old) for old, _ in EDITS)


def install() -> None:
    script = runtime._NODEJS_WORKER_SCRIPT
    for old, new in EDITS:
        script = script.replace(old, new)
    runtime._NODEJS_WORKER_SCRIPT = script
