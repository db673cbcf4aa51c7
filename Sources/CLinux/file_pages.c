// Giving back pages mapped from files. In C because it must not itself pull in what it gives back: reading
// the list with Swift's strings touches some two megabytes of the runtime.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

unsigned long baton_release_file_pages(void) {
    FILE *list = fopen("/proc/self/smaps", "re");
    if (list == NULL) { return 0; }
    char line[512];
    unsigned long start = 0, end = 0, released = 0;
    while (fgets(line, sizeof line, list) != NULL) {
        unsigned long from, to, anonymous;
        char mode[5], path[2];
        if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %1s", &from, &to, mode, path) == 4) {
            int read_only = strcmp(mode, "r--p") == 0 || strcmp(mode, "r-xp") == 0;
            int keep = !read_only || path[0] != '/' || from >= to;
            start = keep ? 0 : from;
            end = keep ? 0 : to;
        } else if (sscanf(line, "Anonymous: %lu kB", &anonymous) == 1) {
            // Relocated pages are the process's alone: the file does not have them (RELRO).
            if (anonymous == 0 && start < end
                && madvise((void *)start, end - start, MADV_DONTNEED) == 0) {
                released += end - start;
            }
            start = end = 0;
        }
    }
    fclose(list);
    return released;
}
