/* A QR code on a terminal: two modules a character, dark on light whatever the terminal's own colours. */
#ifndef YIQIAN_CMD_QR_TERMINAL_H
#define YIQIAN_CMD_QR_TERMINAL_H

#include <stdio.h>

#include "cmd/qr_code.h"

/* Prints it with its quiet zone; gives the number of lines. coloured: with the terminal's escape sequences (ECMA-48); else the light modules
 * are the characters, which is right on a dark background only. */
unsigned qr_terminal_print(FILE *out, const qr_code *code, bool coloured);

#endif
