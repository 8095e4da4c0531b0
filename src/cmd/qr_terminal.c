#include "cmd/qr_terminal.h"

unsigned qr_terminal_print(FILE *out, const qr_code *code, bool coloured)
{
    /* Bit 1: the upper module is light, bit 0: the lower. Characters are drawn in the light colour. */
    static const char *const blocks[] = {" ", "▄", "▀", "█"};
    static const char light_on_dark[] = "\033[97;40m", plain[] = "\033[0m";
    const int end = (int)code->size + QR_CODE_QUIET;
    unsigned lines = 0;
    for (int row = -QR_CODE_QUIET; row < end; row += 2, lines++) {
        fputs(coloured ? light_on_dark : "", out);
        for (int column = -QR_CODE_QUIET; column < end; column++)
            fputs(blocks[2 * !qr_code_dark(code, row, column) + !qr_code_dark(code, row + 1, column)], out);
        fprintf(out, "%s\n", coloured ? plain : "");
    }
    return lines;
}
