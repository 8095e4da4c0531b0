/* Feeds files to a harness without libFuzzer: replay_NAME FILE|FOLDER... A folder that is not there has no files; that nothing at all was
 * fed is an error. Ends by a signal where a property does not hold. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static size_t fed;

static void feed(const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    CHECK(file && fstat(fileno(file), &about) == 0);
    /* Of the input's own size, so that a sanitizer sees a read past its end. */
    size_t n = (size_t)about.st_size;
    uint8_t *p = malloc(n > 0 ? n : 1);
    CHECK(p && fread(p, 1, n, file) == n);
    (void)fclose(file);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that fails */
    (void)LLVMFuzzerTestOneInput(p, n);
    free(p);
    fed++;
}

static void feed_all(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[4096];
        CHECK((size_t)snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < sizeof name);
        if (entry->d_name[0] != '.')
            feed(name);
    }
    (void)closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat about;
        if (stat(argv[i], &about) == 0 && !S_ISDIR(about.st_mode))
            feed(argv[i]);
        else
            feed_all(argv[i]);
    }
    if (fed == 0) {
        fprintf(stderr, "nothing to feed\n");
        return 1;
    }
    printf("%zu inputs\n", fed);
    return 0;
}
