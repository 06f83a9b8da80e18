/*  =========================================================================
    python_link - functions of tests/fuzz/oracle.py, called from C

    FUZZ_PYTHON_PATH and FUZZ_BINPB come from CMake: where the oracle and the
    package are, and the schema.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_link.h"

static PyObject *s_oracle;

//  Python keeps much to its end. (No header of the sanitizer declares this.)
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
    return "detect_leaks=0";
}

static void
s_check (bool is_good)
{
    if (is_good)
        return;
    PyErr_Print ();
    abort ();
}

void
python_start (void)
{
    PyConfig config;
    setenv ("PYTHONPATH", FUZZ_PYTHON_PATH, 1);
    setenv ("PYTHONDONTWRITEBYTECODE", "1", 1);
    setenv ("ZELECT_BINPB", FUZZ_BINPB, 1);
    PyConfig_InitPythonConfig (&config);
    //  Debian's, whatever else is first in PATH
    PyStatus status = PyConfig_SetString (&config, &config.program_name, L"/usr/bin/python3");
    FUZZ_CHECK (!PyStatus_Exception (status));
    config.install_signal_handlers = 0;
    FUZZ_CHECK (!PyStatus_Exception (Py_InitializeFromConfig (&config)));
    PyConfig_Clear (&config);
    s_oracle = PyImport_ImportModule ("oracle");
    s_check (s_oracle != NULL);
}

static void
s_take_text (PyObject *result, char text [PYTHON_TEXT_MAX])
{
    s_check (result && PyBytes_Check (result));
    snprintf (text, PYTHON_TEXT_MAX, "%s", PyBytes_AS_STRING (result));
    Py_DECREF (result);
}

void
python_begin (uint32_t patience)
{
    PyObject *result = PyObject_CallMethod (s_oracle, "begin", "I", (unsigned) patience);
    s_check (result != NULL);
    Py_DECREF (result);
}

void
python_decode (python_bytes_t topic, python_bytes_t payload, char text [PYTHON_TEXT_MAX])
{
    s_take_text (PyObject_CallMethod (s_oracle, "decode", "y#y#", topic.data,
                                      (Py_ssize_t) topic.size, payload.data,
                                      (Py_ssize_t) payload.size),
                 text);
}

void
python_take (uint64_t now,
             python_bytes_t topic,
             python_bytes_t payload,
             char text [PYTHON_TEXT_MAX])
{
    s_take_text (PyObject_CallMethod (s_oracle, "take", "Ky#y#", (unsigned long long) now,
                                      topic.data, (Py_ssize_t) topic.size, payload.data,
                                      (Py_ssize_t) payload.size),
                 text);
}

void
python_look (uint64_t now, char text [PYTHON_TEXT_MAX])
{
    s_take_text (PyObject_CallMethod (s_oracle, "look", "K", (unsigned long long) now), text);
}

void
python_asked (uint64_t now, char text [PYTHON_TEXT_MAX])
{
    s_take_text (PyObject_CallMethod (s_oracle, "asked", "K", (unsigned long long) now), text);
}
