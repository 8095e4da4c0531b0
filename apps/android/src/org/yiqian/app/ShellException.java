package org.yiqian.app;

/** A call of the page that is refused; the status is one of sdk/js (docs/spec/shell.md). */
final class ShellException extends Exception {
    private static final long serialVersionUID = 1;

    final String status;

    ShellException(String status, String detail) {
        super(detail);
        this.status = status;
    }
}
