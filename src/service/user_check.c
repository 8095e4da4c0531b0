#include "service/user_check.h"

#include <string.h>

#include "base/text.h"

void user_problem_add(user_problems *p, err code, const char *field, const char *detail)
{
    if (p->n < USER_PROBLEMS)
        p->items[p->n++] = (user_problem){code, field, detail};
}

err user_problem_fault(call *c, const user_problems *p)
{
    if (p->n == 0)
        return ERR_OK;
    const user_problem *first = &p->items[0];
    if (first->detail)
        fault_set(&c->fault, first->code, "%s", first->detail);
    return fault_field(&c->fault, first->code, "%s", first->field);
}

/* Text for people and certificates: no control or invisible characters, no space at either end. */
static err text_problem(const char *text, size_t max)
{
    size_t n = strlen(text);
    if (!utf8_valid(text, n))
        return ERR_UTF8;
    size_t characters = utf8_length(text, n);
    if (characters < 1 || characters > max)
        return ERR_FIELD_LENGTH;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return ERR_FIELD_VALUE;
    return text[0] == ' ' || text[n - 1] == ' ' || utf8_deceptive(text, n) ? ERR_FIELD_VALUE : ERR_OK;
}

static bool check_text(call *c, user_problems *p, const char *field, const char *text, size_t max)
{
    err e = text_problem(text, max);
    const char *detail = e == ERR_FIELD_LENGTH ? arena_printf(c->arena, "1 to %zu characters", max)
                         : e == ERR_FIELD_VALUE
                             ? "no control or invisible characters, no space at the beginning or the end"
                             : NULL;
    if (e != ERR_OK)
        user_problem_add(p, e, field, detail);
    return e == ERR_OK;
}

/* serialNumber (2.5.4.5) is a PrintableString (ITU-T X.520 6.2.9); its space is left out. */
static void check_staff_no(call *c, user_problems *p, const char *staff_no)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+,-./:=?";
    if (check_text(c, p, "staff_no", staff_no, USER_STAFF_NO_MAX) && staff_no[strspn(staff_no, allowed)] != '\0')
        user_problem_add(p, ERR_FIELD_VALUE, "staff_no", "staff_no holds letters, digits and '()+,-./:=? only");
}

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || (c && strcmp(text, c) == 0);
}

static void check_choices(call *c, user_problems *p, const user_fields *f)
{
    if (f->state && !is_one_of(f->state, "active", "suspended", NULL))
        user_problem_add(p, ERR_FIELD_VALUE, "state", "active or suspended");
    if (f->certificates && !is_one_of(f->certificates, "policy", "single", "many"))
        user_problem_add(p, ERR_FIELD_VALUE, "certificates", "policy, single or many");
    else if (f->certificates && c->actor != ACTOR_OPERATOR)
        user_problem_add(p, ERR_FORBIDDEN, "certificates", NULL);
}

static err check_departments(call *c, user_problems *p, const char *const *departments, size_t n)
{
    if (n > USER_DEPARTMENTS) {
        user_problem_add(p, ERR_FIELD_LENGTH, "departments", arena_printf(c->arena, "at most %d", USER_DEPARTMENTS));
        return ERR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const char *field = arena_printf(c->arena, "departments[%zu]", i);
        if (!field)
            return ERR_MEMORY;
        bool sound = check_text(c, p, field, departments[i], USER_DEPARTMENT_MAX);
        for (size_t j = 0; sound && j < i; j++) {
            if (strcmp(departments[i], departments[j]) == 0) {
                user_problem_add(p, ERR_FIELD_VALUE, field, "given twice");
                break;
            }
        }
    }
    return ERR_OK;
}

static err check_aliases(call *c, user_problems *p, const user_alias *aliases, size_t n)
{
    if (n > USER_ALIASES) {
        user_problem_add(p, ERR_FIELD_LENGTH, "aliases", arena_printf(c->arena, "at most %d", USER_ALIASES));
        return ERR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const char *field = arena_printf(c->arena, "aliases[%zu].external_id", i);
        const char *system = arena_printf(c->arena, "aliases[%zu].system", i);
        if (!field || !system)
            return ERR_MEMORY;
        bool sound = check_text(c, p, field, aliases[i].external_id, USER_EXTERNAL_ID_MAX);
        /* Which ids another system uses is not for this one to say. */
        if (c->actor == ACTOR_SYSTEM && memcmp(aliases[i].system_id, c->actor_id, 16) != 0)
            user_problem_add(p, ERR_FORBIDDEN, system, NULL);
        for (size_t j = 0; sound && j < i; j++) {
            if (memcmp(aliases[i].system_id, aliases[j].system_id, 16) == 0 &&
                strcmp(aliases[i].external_id, aliases[j].external_id) == 0) {
                user_problem_add(p, ERR_FIELD_VALUE, field, "given twice");
                break;
            }
        }
    }
    return ERR_OK;
}

/* A name stands in a profile's template between "{attribute:" and "}". A value may be empty: then the person has no such attribute. */
static err check_attributes(call *c, user_problems *p, const user_attribute *attributes, size_t n)
{
    if (n > USER_ATTRIBUTES) {
        user_problem_add(p, ERR_FIELD_LENGTH, "attributes", arena_printf(c->arena, "at most %d", USER_ATTRIBUTES));
        return ERR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const char *name = attributes[i].name;
        if (text_problem(name, USER_ATTRIBUTE_NAME_MAX) != ERR_OK || strpbrk(name, "{}:")) {
            user_problem_add(
                p, ERR_FIELD_VALUE, "attributes",
                arena_printf(c->arena, "a name is 1 to %d characters without {}:", USER_ATTRIBUTE_NAME_MAX));
            continue;
        }
        const char *field = arena_printf(c->arena, "attributes.%s", name);
        if (!field)
            return ERR_MEMORY;
        if (*attributes[i].value)
            (void)check_text(c, p, field, attributes[i].value, USER_ATTRIBUTE_VALUE_MAX);
    }
    return ERR_OK;
}

err user_check(call *c, const user_fields *f, user_problems *out)
{
    if (f->staff_no)
        check_staff_no(c, out, f->staff_no);
    if (f->name)
        (void)check_text(c, out, "name", f->name, USER_NAME_MAX);
    if (f->departments)
        TRY(check_departments(c, out, f->departments, f->departments_n));
    if (f->aliases)
        TRY(check_aliases(c, out, f->aliases, f->aliases_n));
    if (f->attributes)
        TRY(check_attributes(c, out, f->attributes, f->attributes_n));
    check_choices(c, out, f);
    return ERR_OK;
}
