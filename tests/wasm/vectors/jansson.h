/* As much of jansson as tests/kat/two_party.c names; the functions are those of tests/wasm/vectors.test.mjs. Its --flip is for native builds. */
#ifndef YIQIAN_WASM_JANSSON_H
#define YIQIAN_WASM_JANSSON_H

#include <stddef.h>

typedef struct json_t json_t;
typedef enum { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_INTEGER, JSON_REAL, JSON_TRUE, JSON_FALSE, JSON_NULL } json_type;
typedef long long json_int_t;
typedef struct json_error_t {
    int line;
    char text[160];
} json_error_t;

enum { JSON_REJECT_DUPLICATES = 1 };

json_t *json_load_file(const char *name, size_t flags, json_error_t *error);
json_type json_typeof(const json_t *value);
#define json_is_string(value) (json_typeof(value) == JSON_STRING)
json_t *json_object_get(const json_t *object, const char *key);
json_t *json_array_get(const json_t *array, size_t place);
size_t json_array_size(const json_t *array);
json_int_t json_integer_value(const json_t *value);
const char *json_string_value(const json_t *value);
size_t json_string_length(const json_t *value);

json_t *json_array(void);
json_t *json_null(void);
json_t *json_copy(json_t *value);
json_t *json_incref(json_t *value);
void json_decref(json_t *value);
int json_array_append(json_t *array, json_t *value);
int json_array_append_new(json_t *array, json_t *value);
int json_array_remove(json_t *array, size_t place);
int json_integer_set(json_t *value, json_int_t number);
int json_object_del(json_t *object, const char *key);
int json_object_set(json_t *object, const char *key, json_t *value);
int json_object_set_new(json_t *object, const char *key, json_t *value);
int json_string_set(json_t *value, const char *text);
int json_string_setn(json_t *value, const char *text, size_t n);
void *json_object_iter(json_t *object);
void *json_object_iter_next(json_t *object, void *place);
const char *json_object_iter_key(void *place);
json_t *json_object_iter_value(void *place);
#define json_object_foreach(object, key, value)                                                                       \
    for (void *json_place = json_object_iter(object);                                                                  \
         json_place && ((key) = json_object_iter_key(json_place), (value) = json_object_iter_value(json_place), 1);    \
         json_place = json_object_iter_next(object, json_place))
#define json_object_foreach_safe(object, next, key, value)                                                            \
    for (void *json_place = ((next) = NULL, json_object_iter(object));                                                \
         json_place && ((key) = json_object_iter_key(json_place), (value) = json_object_iter_value(json_place), 1);    \
         json_place = json_object_iter_next(object, json_place))

#endif
